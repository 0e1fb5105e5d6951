/** Colours follow `color-scheme`; everything marked `--sluice-…` may be set from outside. */
export const STYLES = `
:host {
  --_ink: var(--sluice-ink, light-dark(#1b2430, #e8edf3));
  --_soft: var(--sluice-ink-soft, light-dark(#566273, #a3afbd));
  --_line: var(--sluice-line, light-dark(#d9dfe7, #343e4c));
  --_card: var(--sluice-surface, light-dark(#fff, #171d26));
  --_hover: var(--sluice-hover, light-dark(#eef2f7, #232c38));
  --_accent: var(--sluice-accent, light-dark(#0b63c5, #6fb1ff));
  --_good: var(--sluice-good, light-dark(#1b7a3d, #6fd394));
  --_bad: var(--sluice-bad, light-dark(#b3261e, #ff9d95));
  display: block;
  color: var(--_ink);
  font: var(--sluice-font, 400 0.9375rem/1.4 system-ui, sans-serif);
  text-align: start;
}
@supports not (color: light-dark(#000, #fff)) {
  :host {
    --_ink: var(--sluice-ink, #1b2430);
    --_soft: var(--sluice-ink-soft, #566273);
    --_line: var(--sluice-line, #d9dfe7);
    --_card: var(--sluice-surface, #fff);
    --_hover: var(--sluice-hover, #eef2f7);
    --_accent: var(--sluice-accent, #0b63c5);
    --_good: var(--sluice-good, #1b7a3d);
    --_bad: var(--sluice-bad, #b3261e);
  }
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
.frame {
  background: var(--_card);
  border: 1px solid var(--_line);
  border-radius: var(--sluice-radius, 0.75rem);
  overflow: hidden;
}
.dropzone {
  display: grid;
  justify-items: center;
  gap: 0.5rem;
  margin: 0.75rem;
  padding: 1.75rem 1rem;
  border: 1.5px dashed var(--_line);
  border-radius: calc(var(--sluice-radius, 0.75rem) - 0.25rem);
  text-align: center;
}
.dropzone > svg { inline-size: 1.75rem; color: var(--_soft); }
.prompt { margin: 0; font-weight: 600; }
.limits { margin: 0; color: var(--_soft); font-size: 0.875em; overflow-wrap: anywhere; }
[dir="auto"] { text-align: -webkit-match-parent; text-align: match-parent; }
.filled .dropzone { grid-template-columns: auto 1fr auto; align-items: center; padding: 0.75rem 1rem; text-align: start; justify-items: start; }
.filled .prompt { text-align: start; }
.filled .limits { grid-column: 1 / -1; }
.over .dropzone { border-color: var(--_accent); background: var(--_hover); }
.over .dropzone > svg { color: var(--_accent); }
.choosers, .commands { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.choosers { justify-content: center; margin-block: 0.25rem; }
button {
  border: 1px solid var(--_line);
  border-radius: 0.5rem;
  background: transparent;
  color: inherit;
  font: inherit;
  cursor: pointer;
}
.button { min-block-size: 2.25rem; padding: 0.3rem 0.9rem; }
.button.primary { border-color: var(--_accent); background: var(--_accent); color: var(--sluice-on-accent, light-dark(#fff, #0b1420)); font-weight: 500; }
@supports not (color: light-dark(#000, #fff)) { .button.primary { color: var(--sluice-on-accent, #fff); } }
.button:not(.primary):hover, .icon-button:hover { background: var(--_hover); }
.button.primary:hover { filter: brightness(1.08); }
button:disabled { opacity: 0.5; cursor: default; }
button:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }
svg { inline-size: 1.25rem; block-size: 1.25rem; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.dropzone > svg { block-size: 1.75rem; }
.summary { position: relative; display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; justify-content: space-between; padding: 0.75rem 1rem; border-block-start: 1px solid var(--_line); }
.totals { display: grid; font-variant-numeric: tabular-nums; }
.finished { font-weight: 600; }
.figures, .meta { color: var(--_soft); font-size: 0.875em; }
.commands .button { min-block-size: 2rem; padding: 0.15rem 0.7rem; font-size: 0.9em; }
.list { max-block-size: var(--sluice-list-height, 26rem); overflow: auto; overflow-anchor: none; overscroll-behavior: contain; border-block-start: 1px solid var(--_line); }
.items { position: relative; margin: 0; padding: 0; list-style: none; }
.item { position: absolute; inset-inline: 0; inset-block-start: 0; display: flex; gap: 0.75rem; align-items: center; padding: 0.6rem 1rem; min-block-size: 3.75rem; border-block-end: 1px solid var(--_line); }
.item:last-child { border-block-end-color: transparent; }
.mark { display: grid; flex: none; color: var(--_soft); }
.text { display: grid; flex: 1; min-inline-size: 0; }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 500; }
.meta { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.note { font-size: 0.875em; overflow-wrap: anywhere; }
.note:empty { display: none; }
.actions { display: flex; flex: none; gap: 0.25rem; }
.icon-button { display: grid; place-items: center; inline-size: 2.25rem; block-size: 2.25rem; border-color: transparent; color: var(--_soft); }
.icon-button:hover { color: var(--_ink); }
.track { position: absolute; inset-inline: 0; inset-block-end: -1px; block-size: 3px; background: var(--_line); }
.fill { block-size: 100%; inline-size: 0; background: var(--_accent); }
[data-state="paused"] .fill, [data-state="unfinished"] .fill { background: var(--_soft); }
[data-state="failed"] .fill { background: var(--_bad); }
[data-state="uploading"] .mark { color: var(--_accent); }
[data-state="success"] .mark { color: var(--_good); }
[data-state="failed"] :is(.mark, .note), [data-state="refused"] :is(.mark, .note) { color: var(--_bad); }
.quiet { position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (prefers-reduced-motion: no-preference) {
  .fill { transition: inline-size 0.2s linear; }
  .dropzone, button { transition: background-color 0.15s, border-color 0.15s, color 0.15s; }
}
@media (forced-colors: active) {
  .track { background: Canvas; border-block-start: 1px solid CanvasText; }
  .fill { forced-color-adjust: none; background: Highlight !important; }
  svg, .dropzone > svg { color: CanvasText; }
  .icon-button { border-color: ButtonBorder; }
  .button.primary { border-width: 2px; }
  .over .dropzone { border-style: solid; border-color: Highlight; }
}
`;

/** Into a shadow root: as a sheet of its own where that is known, which also pages with a strict CSP allow. */
export function adoptStyles(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement('style');
    style.textContent = STYLES;
    root.append(style);
  }
}
