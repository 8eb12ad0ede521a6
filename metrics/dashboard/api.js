// Asks the admin server, one request at a time, with the operator's token where one is wanted.

const kTimeoutMs = 5000;
const kTokenName = 'slotway-token';

export class Api {
  // `askForToken(isWrong)` is called when the server wants another token; a promise of one.
  constructor(askForToken) {
    this.askForToken_ = askForToken;
    this.last_ = Promise.resolve();
    try {
      this.token_ = sessionStorage.getItem(kTokenName);
    } catch {
      this.token_ = null;  // storage is forbidden
    }
  }

  // {status, body}: JSON, or null where there is none. Status 0: no answer.
  get(path) {
    this.last_ = this.last_.then(() => this.ask_(path));
    return this.last_;
  }

  async ask_(path) {
    for (;;) {
      const headers = this.token_ ? { Authorization: `Bearer ${this.token_}` } : {};
      let answer;
      let body = null;
      try {
        answer = await fetch(path, {
          headers, cache: 'no-store', redirect: 'error', signal: AbortSignal.timeout(kTimeoutMs),
        });
        body = await answer.json();
      } catch {
        if (!answer) return { status: 0, body: null };
      }
      if (answer.status !== 401) return { status: answer.status, body };
      this.token_ = await this.askForToken_(this.token_ !== null);
      try {
        sessionStorage.setItem(kTokenName, this.token_);
      } catch {
        // It lasts as long as the page, then.
      }
    }
  }
}

// The dialog in index.html.
export function askForToken(isWrong) {
  const dialog = document.getElementById('token');
  const input = document.getElementById('token-value');
  document.getElementById('token-error').textContent =
    isWrong ? 'The server does not accept that token.' : '';
  input.value = '';
  return new Promise((resolve) => {
    const form = dialog.querySelector('form');
    const stay = () => dialog.showModal();  // there is nothing to see without a token
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      dialog.removeEventListener('close', stay);
      dialog.close();
      resolve(input.value);
    }, { once: true });
    dialog.addEventListener('close', stay);
    dialog.showModal();
  });
}
