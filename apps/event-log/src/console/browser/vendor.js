// The libraries, by the addresses that the service gives them: the one module that knows these.
export { html, nothing, render, svg } from '/console/vendor/lit-html/lit-html.js';
export { live } from '/console/vendor/lit-html/directives/live.js';
export { ref } from '/console/vendor/lit-html/directives/ref.js';
export { repeat } from '/console/vendor/lit-html/directives/repeat.js';

/** @typedef {import('/console/vendor/lit-html/lit-html.js').TemplateResult} TemplateResult */
/** What may stand between tags. @typedef {unknown} Part */

/** The library that draws charts is loaded by who draws one. */
export const loadPlot = async () => (await import('/console/vendor/uplot/uPlot.esm.js')).default;
