/** Ties an element to the store for as long as it is in the page. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Store, View } from './store.ts';

export class StoreController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #store: Store;
  #leave: () => void = () => undefined;

  constructor(host: ReactiveControllerHost, store: Store) {
    this.#host = host;
    this.#store = store;
    host.addController(this);
  }

  get view(): View {
    return this.#store.view;
  }

  hostConnected(): void {
    this.#leave = this.#store.subscribe(() => this.#host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#leave();
  }
}
