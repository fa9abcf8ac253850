/** The page's composition root: token, theme, store and socket, then the one element that shows them. */
import './theme.css';
import { connectSocket } from './socket.ts';
import { createStore } from './store.ts';
import { applyTheme } from './theme.ts';
import { takeToken } from './token.ts';
import './views/glock-app.ts';

const store = createStore();
applyTheme();

const token = takeToken();
if (token === null) store.dispatch({ kind: 'connection', connection: { kind: 'no-token' } });
else connectSocket(token, store.dispatch);

// A new address pasted into this tab changes the fragment alone, which loads nothing.
addEventListener('hashchange', () => {
  if (takeToken() !== token) location.reload();
});

const app = document.querySelector('glock-app');
if (app !== null) app.store = store;
