import { mount } from 'svelte';
import App from './App.svelte';
import { Frame } from './frame.svelte';
import { idle } from './lib/idle';
import { language } from './state/language.svelte';
import { router } from './state/router.svelte';
import { session } from './state/session.svelte';
import './styles/app.css';

/** Open the app: who is signed in and their texts, then their page, then what can wait. */
async function open(target: HTMLElement): Promise<void> {
  await language.startKept();
  await session.start();
  await language.startAny();
  const frame = new Frame();
  await frame.show(router.path, router.visit, session);
  target.replaceChildren();
  mount(App, { target, props: { frame } });
  await idle();
  const { default: Later } = await import('./Later.svelte');
  mount(Later, { target });
}

const target = document.getElementById('app');
if (!target) throw new Error('index.html lacks #app.');
// Not awaited here: the chunks that open() imports need this module to be done first.
void open(target);
