/** Version of this Faultline, as package.json has it: what makes something on a server says so there. */
export const FAULTLINE_VERSION = '0.1.0';
