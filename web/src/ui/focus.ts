// Where the focus was, so that what closes gives it back.

/** Called before something opens; the returned function puts the focus back, unless it has gone elsewhere meanwhile. */
export function returning(inside: () => Element | null | undefined): () => void {
  const before = document.activeElement;
  return () => {
    const now = document.activeElement;
    if (before instanceof HTMLElement && before.isConnected && (now === null || now === document.body || inside()?.contains(now))) before.focus();
  };
}
