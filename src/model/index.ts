export * from './alert.ts';
export * from './detector.ts';
export * from './document.ts';
export * from './errors.ts';
export * from './event.ts';
export * from './flow.ts';
export * from './settings.ts';
export * from './time.ts';
