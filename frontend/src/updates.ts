import { t } from './state/language.svelte';
import { toasts } from './state/toasts.svelte';

interface ScriptPolicy {
  createScriptURL: (url: string) => unknown;
}

interface PolicyFactory {
  createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => ScriptPolicy;
}

const WORKER = '/sw.js';

let asked = false;

/** Keep the shell on the phone; when a new version is there, offer it and reload on a tap. */
export async function registerServiceWorker(): Promise<void> {
  // Once a page: a second sign-in on it finds everything in place.
  if (asked || !import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  asked = true;
  const registration = await navigator.serviceWorker.register(trusted(WORKER));
  registration.addEventListener('updatefound', () => {
    const worker = registration.installing;
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'installed' && navigator.serviceWorker.controller) offer(worker);
    });
  });
}

function offer(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
  toasts.show(t('common.new-version'), {
    action: { label: t('common.reload'), run: () => worker.postMessage('take over') },
  });
}

/** The content security policy lets only this one address become a script. */
function trusted(url: string): string {
  const factory = (globalThis as { trustedTypes?: PolicyFactory }).trustedTypes;
  const policy = factory?.createPolicy('laurel', {
    createScriptURL: (wanted) => {
      if (wanted !== WORKER) throw new TypeError(`${wanted} is not a script of ours.`);
      return wanted;
    },
  });
  return (policy?.createScriptURL(url) ?? url) as string;
}
