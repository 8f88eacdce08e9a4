/** What is used of noVNC's RFB class, after docs/API.md of the package. */
declare module '@novnc/novnc' {
  type RfbEvents = {
    connect: CustomEvent<Record<string, never>>;
    disconnect: CustomEvent<{ clean: boolean }>;
    credentialsrequired: CustomEvent<{ types: string[] }>;
    securityfailure: CustomEvent<{ status: number; reason?: string }>;
    /** Whether the picture is larger than the window that is on it. */
    clippingviewport: CustomEvent<boolean>;
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

  /** core/display.js, as far as desktop-rfb.ts reaches into it. */
  type Display = {
    /** CSS pixels in a pixel of the desktop. */
    scale: number;
    /** Where on the desktop a point of the canvas is. */
    absX(x: number): number;
    absY(y: number): number;
    viewportChangePos(right: number, down: number): void;
    imageRect(
      x: number,
      y: number,
      width: number,
      height: number,
      mime: string,
      bytes: Uint8Array,
    ): void;
  };

  /** core/websock.js; only handed on. */
  type Websock = { readonly readyState: string };

  // biome-ignore lint/style/noDefaultExport: the package exports it so
  export default class RFB {
    constructor(target: HTMLElement, channel: RawChannel, options?: { shared?: boolean });

    background: string;
    clipViewport: boolean;
    readonly clippingViewport: boolean;
    /** 0 (least work) to 9 (least bytes). */
    compressionLevel: number;
    /** Whether dragging moves a window that is smaller than the picture. */
    dragViewport: boolean;
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

    // What follows is not in docs/API.md, but in core/rfb.js of the pinned version.
    static readonly messages: {
      fbUpdateRequest(
        socket: Websock,
        incremental: boolean,
        x: number,
        y: number,
        width: number,
        height: number,
      ): void;
    };

    protected readonly _canvas: HTMLCanvasElement;
    protected readonly _display: Display;
    /** The rectangle that is being read. */
    protected readonly _FBU: { readonly width: number; readonly height: number };
    protected readonly _fbHeight: number;
    protected readonly _fbWidth: number;
    protected readonly _rfbConnectionState: string;
    protected readonly _screen: HTMLElement;
    protected readonly _sock: Websock;

    protected _fixScrollbars(): void;
    /** False, as of the next two, until enough bytes are there. */
    protected _framebufferUpdate(): boolean;
    protected _handleCursor(): boolean;
    protected _handleDataRect(): boolean;
    protected _requestRemoteResize(): void;
    protected _resize(width: number, height: number): void;
    protected _screenSize(): { w: number; h: number };
    protected _sendEncodings(): void;
    protected _updateClip(): void;
    protected _updateCursor(
      rgba: Uint8Array | number[],
      hotX: number,
      hotY: number,
      width: number,
      height: number,
    ): void;
    protected _updateScale(): void;
  }
}
