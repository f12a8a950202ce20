export * from './contended-lock';
export * from './follow';
export * from './lanes';
export * from './own';
export * from './owned-unit';
export * from './snapshot-index';
export * from './snapshots';
export * from './unit-ports';
