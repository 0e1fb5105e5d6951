/** A new element with a class, parts and children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  // Every class can be styled from outside under the same name.
  element.setAttribute('part', className);
  element.append(...children);
  return element;
}

/** As `make`, for text: its direction is its own, whatever that of the page is. */
export function makeText<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
): HTMLElementTagNameMap[Tag] {
  const element = make(tag, className);
  element.dir = 'auto';
  return element;
}

/** Writes only what changed: a write that changes nothing still costs layout, and screen readers may speak it again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const ICONS = {
  upload: 'M12 16V5m0 0L7 10m5-5 5 5M5 19h14',
  clock: 'M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0',
  pause: 'M9 6v12M15 6v12',
  play: 'M8 5.5v13l10.5-6.5z',
  retry: 'M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5',
  close: 'm6 6 12 12M18 6 6 18',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  alert: 'M12 7.5v5.5m0 3.4v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0',
  file: 'M13 3H7a1 1 0 0 0-1 1v16a1 1 0 0 0 1 1h10a1 1 0 0 0 1-1V8zm0 0v5h5',
} as const;

export type Icon = keyof typeof ICONS;

const SVG = 'http://www.w3.org/2000/svg';

/** An icon that can be turned into another one. Made without markup: pages with Trusted Types take it. */
export function makeIcon(icon: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'path'));
  setIcon(svg, icon);
  return svg;
}

export function setIcon(svg: SVGSVGElement, icon: Icon): void {
  setAttribute(svg.firstElementChild as Element, 'd', ICONS[icon]);
}
