// What is going on now: not yet; the address of the laboratory's feed.
import { heading } from '../parts.js';
import { html } from '../vendor.js';

/** @returns {import('../main.js').View} */
export const open = () => ({
  title: 'Live',
  content: () =>
    html`${heading('Live', 'the laboratory of this service')}
      <p class="nothing">The feed is at <a href="/api/live/state">/api/live/state</a>.</p>`,
});
