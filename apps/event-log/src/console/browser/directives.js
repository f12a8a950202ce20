// Of the library that draws pages, what single views need, by the addresses that the service gives it.
export { live } from '/console/vendor/lit-html/directives/live.js';
export { ref } from '/console/vendor/lit-html/directives/ref.js';
