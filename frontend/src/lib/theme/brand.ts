/** Paint the tenant's hue and chroma; the tokens derive everything else. */
export function applyBrand(hue: number, chroma: number): void {
  document.documentElement.style.setProperty('--brand-h', String(hue));
  document.documentElement.style.setProperty('--brand-c', String(chroma));
}
