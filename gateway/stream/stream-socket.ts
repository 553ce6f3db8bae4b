/** What the stream needs of a WebSocket, so that its rules can be tested without one. */
export interface StreamSocket {
  /** Writes one text frame. The bytes may be reused when it returns. */
  send(frame: string | Uint8Array): void
  /** Bytes accepted and not yet taken by the client's side of the network. */
  bufferedBytes(): number
  /** Tells why and closes. */
  end(code: CloseCode, reason: string): void
  /** Closes without a word, for a client that reads nothing. */
  drop(): void
}

/** Private-use codes of RFC 6455; the last two digits follow HTTP. */
export type CloseCode =
  /** The server is going away: reconnect. */
  | 1001
  /** The access token expired: refresh it and reconnect. */
  | 4401
  /** The session was ended (log-out, reuse of a refresh token): log in again. */
  | 4403
  /** Too many messages. */
  | 4429
