/** Keeps the shell on the phone, so that Laurel always opens. Never touches data: no API, no sockets. */
const worker = self as unknown as ServiceWorkerGlobalScope;

const CACHE = `shell-${__VERSION__}`;
const START = '/';
/** How long a page may wait for the network before the kept shell takes over. */
const PATIENCE = 3_000;

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...__SHELL__])));
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOldShells().then(() => worker.clients.claim()));
});

worker.addEventListener('message', (event) => {
  if (event.data === 'take over') void worker.skipWaiting();
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (url.pathname.startsWith('/api') || url.pathname.startsWith('/socket.io')) return;
  event.respondWith(request.mode === 'navigate' ? openPage(request) : openFile(request));
});

async function forgetOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

/** Pages come from the network, and from the phone when it does not answer in time. */
async function openPage(request: Request): Promise<Response> {
  const kept = await caches.match(START, { cacheName: CACHE });
  if (!kept) return fetch(request);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    return response.status >= 500 ? kept : response;
  } catch {
    return kept;
  }
}

/** Files of the shell have their content in their name: what is kept is right. */
async function openFile(request: Request): Promise<Response> {
  return (await caches.match(request, { cacheName: CACHE })) ?? fetch(request);
}
