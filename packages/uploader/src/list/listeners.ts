/** Calls every listener; an exception of one is reported and stops neither the others nor an upload. */
export function tell<Event>(listeners: Iterable<(event: Event) => void> | undefined, event: Event): void {
  for (const listener of [...(listeners ?? [])]) {
    try {
      listener(event);
    } catch (error) {
      report(error);
    }
  }
}

function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
