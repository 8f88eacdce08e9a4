/** What is used of noVNC's RFB class, after docs/API.md of the package. */
declare module '@novnc/novnc' {
  type RfbEvents = {
    connect: CustomEvent<Record<string, never>>;
    disconnect: CustomEvent<{ clean: boolean }>;
    credentialsrequired: CustomEvent<{ types: string[] }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
  };

  /** The properties that noVNC asks of a channel in place of a URL. */
  export type RawChannel = {
    binaryType: BinaryType;
    readonly protocol: string;
    readonly readyState: number;
    onopen: ((event: Event) => void) | null;
    onmessage: ((event: MessageEvent<ArrayBuffer>) => void) | null;
    onerror: ((event: Event) => void) | null;
    onclose: ((event: CloseEvent) => void) | null;
    send(data: Uint8Array<ArrayBuffer>): void;
    close(): void;
  };

  // biome-ignore lint/style/noDefaultExport: the package exports it so
  export default class RFB {
    constructor(target: HTMLElement, channel: RawChannel, options?: { shared?: boolean });

    background: string;
    /** 0 (least work) to 9 (least bytes). */
    compressionLevel: number;
    focusOnClick: boolean;
    /** 0 to 9, of JPEG. */
    qualityLevel: number;
    resizeSession: boolean;
    scaleViewport: boolean;
    showDotCursor: boolean;
    viewOnly: boolean;

    addEventListener<K extends keyof RfbEvents>(
      type: K,
      listener: (event: RfbEvents[K]) => void,
    ): void;
    disconnect(): void;
    focus(options?: FocusOptions): void;
    sendCtrlAltDel(): void;
    sendKey(keysym: number, code: string, down?: boolean): void;
  }
}
