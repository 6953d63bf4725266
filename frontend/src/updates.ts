import { t } from './state/language.svelte';
import { toasts } from './state/toasts.svelte';

interface ScriptPolicy {
  createScriptURL: (url: string) => unknown;
}

interface PolicyFactory {
  createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => ScriptPolicy;
}

const WORKER = '/sw.js';

/** Keep the shell on the phone; when a new version is there, offer it and reload on a tap. */
export async function registerServiceWorker(): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
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
    createScriptURL: (asked) => {
      if (asked !== WORKER) throw new TypeError(`${asked} is not a script of ours.`);
      return asked;
    },
  });
  return (policy?.createScriptURL(url) ?? url) as string;
}
