import { mount } from 'svelte';
import App from './App.svelte';
import { language } from './state/language.svelte';
import { session } from './state/session.svelte';
import './styles/app.css';

/** Open the app: texts first, then who is signed in, then the page, then what can wait. */
async function open(target: HTMLElement): Promise<void> {
  await language.start();
  await session.start();
  mount(App, { target });
  const { default: Later } = await import('./Later.svelte');
  mount(Later, { target });
}

const target = document.getElementById('app');
if (!target) throw new Error('index.html lacks #app.');
// Not awaited here: the chunks that open() imports need this module to be done first.
void open(target);
