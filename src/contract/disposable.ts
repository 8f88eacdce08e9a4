/** Something that holds on to a resource or a subscription until told to let go. Idempotent. */
export type Disposable = { dispose(): void };

/** The same for what needs time to let go, such as a process that has to end. Idempotent. */
export type AsyncDisposable = { dispose(): Promise<void> };
