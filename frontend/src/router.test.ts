import { describe, expect, test } from 'vitest';
import { internalPath, match } from './router';

const ROUTES = [{ path: '/' }, { path: '/rewards/orders' }, { path: '/rewards/:reward' }];

describe('match', () => {
  test('finds the start page', () => {
    expect(match(ROUTES, '/')?.route).toBe(ROUTES[0]);
  });

  test('prefers the route that stands first', () => {
    expect(match(ROUTES, '/rewards/orders')?.route).toBe(ROUTES[1]);
  });

  test('hands over what a colon stands for, decoded', () => {
    expect(match(ROUTES, '/rewards/caf%C3%A9')?.params).toEqual({ reward: 'café' });
  });

  test('bears a broken escape in the address', () => {
    expect(match(ROUTES, '/rewards/%E0%A4%A')?.params).toEqual({ reward: '%E0%A4%A' });
  });

  test('finds nothing for a longer path', () => {
    expect(match(ROUTES, '/rewards/a/b')).toBeNull();
  });
});

describe('internalPath', () => {
  const ORIGIN = location.origin;

  function click(html: string, how: MouseEventInit = {}): string | null {
    document.body.innerHTML = html;
    let path: string | null = null;
    const listener = (event: MouseEvent): void => {
      path = internalPath(event, ORIGIN);
      event.preventDefault();
    };
    document.addEventListener('click', listener, { once: true });
    const target = document.body.querySelector('[data-hit]') ?? document.body.firstElementChild;
    target?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ...how }));
    return path;
  }

  test('takes over a plain click, also on what is inside the link', () => {
    expect(click('<a href="/ranks?all=1"><i data-hit></i></a>')).toBe('/ranks?all=1');
  });

  test('leaves other sites, downloads, the API and new tabs to the browser', () => {
    expect(click('<a href="https://example.org/"></a>')).toBeNull();
    expect(click('<a href="/file" download></a>')).toBeNull();
    expect(click('<a href="/api/v1/imports/1/quarantine.csv"></a>')).toBeNull();
    expect(click('<a href="/ranks" target="_blank"></a>')).toBeNull();
    expect(click('<a href="/ranks"></a>', { ctrlKey: true })).toBeNull();
    expect(click('<a href="/ranks"></a>', { button: 1 })).toBeNull();
  });
});
