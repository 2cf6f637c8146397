// Applies the kept theme before the first paint, so that a dark screen never flashes white.
try {
  const kept = JSON.parse(localStorage.getItem('bailiwick.preferences') || '{}');
  if (kept.theme === 'light' || kept.theme === 'dark') document.documentElement.dataset.theme = kept.theme;
} catch {
  // Storage may be switched off; the system's theme then stands.
}
