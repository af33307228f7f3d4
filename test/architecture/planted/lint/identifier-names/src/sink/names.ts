export class BulkManager {} // planted: logpipe(identifier-names) BulkManager does not say
export interface AlertService {} // planted: logpipe(identifier-names) AlertService does not say
export type BaseSink = string // planted: logpipe(identifier-names) BaseSink does not say
export type ISink = string // planted: logpipe(identifier-names) ISink: types carry no
export type EventData = string // planted: logpipe(identifier-names) EventData: types carry no
// planted-next: logpipe(identifier-names) retryHelper does not say
export function retryHelper(): void {}
export const errorHandler = (): void => {} // planted: logpipe(identifier-names) errorHandler does not say
export const batches$ = 1 // planted: logpipe(identifier-names) no $ suffix

export const serviceName = 'pay'
export interface IpAddress {}
export interface ServiceLabel {}
export interface IngestPort {}
export function databaseOf(service: string): string {
  return service
}
