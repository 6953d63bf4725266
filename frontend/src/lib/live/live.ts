import type { Socket } from 'socket.io-client';
import { idle } from '../idle';
import type { Pushes } from './events.gen';

/** Name of a push, as the server declares them. */
export type PushName = keyof Pushes;

export type Handler<N extends PushName> = (push: Pushes[N]) => void;

/** `connected` also after a pause: whatever was pushed meanwhile is lost, so refetch then. */
export type Connection = 'idle' | 'connecting' | 'connected' | 'away';

type Listener = (connection: Connection) => void;

/** What the connection must know about whoever is signed in. */
export interface Visitor {
  readonly csrf: () => string;
  /** Whether the server still knows the visitor; asked when it hung up. */
  readonly isWelcome: () => Promise<boolean>;
}

const RECONNECT_MIN = 500;
const RECONNECT_MAX = 15_000;

/** One WebSocket for the whole app, opened by the first subscription and closed by sign-out. */
export class Live {
  #socket: Promise<Socket> | null = null;
  readonly #visitor: Visitor;
  #connection: Connection = 'idle';
  readonly #listeners = new Set<Listener>();
  readonly #followed = new Set<string>();

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  /** Hand every push named `event` to `handler` until the returned function is called. */
  subscribe<N extends PushName>(event: N, handler: Handler<N>): () => void {
    let isWanted = true;
    const name: string = event;
    const take = (push: unknown): void => handler(push as Pushes[N]);
    void this.#open().then((socket) => {
      if (isWanted) socket.on(name, take);
    });
    return () => {
      isWanted = false;
      void this.#socket?.then((socket) => socket.off(name, take));
    };
  }

  /** Ask for the pushes of one contest's board while it is on the screen. */
  follow(contestId: string): () => void {
    this.#followed.add(contestId);
    void this.#open().then((socket) => {
      if (socket.connected && this.#followed.has(contestId)) socket.emit('watch', contestId);
    });
    return () => {
      this.#followed.delete(contestId);
      void this.#socket?.then((socket) => socket.emit('unwatch', contestId));
    };
  }

  /** Tell `listener` about every change of the connection until the returned function is called. */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    listener(this.#connection);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    void this.#socket?.then((socket) => socket.close());
    this.#socket = null;
    this.#report('idle');
  }

  #open(): Promise<Socket> {
    this.#socket ??= this.#connect();
    return this.#socket;
  }

  async #connect(): Promise<Socket> {
    this.#report('connecting');
    await idle(); // what is on the screen comes first
    const { io } = await import('socket.io-client');
    const socket = io({
      path: '/socket.io',
      transports: ['websocket'],
      auth: (answer) => {
        answer({ csrf: this.#visitor.csrf() });
      },
      reconnectionDelay: RECONNECT_MIN,
      reconnectionDelayMax: RECONNECT_MAX,
    });
    socket.on('connect', () => {
      // The server forgets with the connection, so every connection says again what is watched.
      for (const contestId of this.#followed) socket.emit('watch', contestId);
      this.#report('connected');
    });
    socket.on('disconnect', (reason) => {
      this.#report('away');
      if (reason === 'io server disconnect') void this.#ask(socket);
    });
    socket.on('connect_error', () => this.#report('away'));
    return socket;
  }

  /** The server hung up, which ends a session or a role: find out, and only then come back. */
  async #ask(socket: Socket): Promise<void> {
    const isWelcome = await this.#visitor.isWelcome();
    if (isWelcome) setTimeout(() => socket.connect(), RECONNECT_MIN);
    else this.close();
  }

  #report(connection: Connection): void {
    if (connection === this.#connection) return;
    this.#connection = connection;
    for (const listener of this.#listeners) listener(connection);
  }
}
