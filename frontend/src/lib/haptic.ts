/** Answer a visible change with a short tick; browsers refuse it before the first touch. */
export function tick(pattern: number | number[]): void {
  if ('vibrate' in navigator && navigator.userActivation.hasBeenActive) navigator.vibrate(pattern);
}
