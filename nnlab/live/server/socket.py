"""The WebSocket of a live view: who may open it, what goes out and what comes in. No streamlit."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from nnlab.core.errors import Refused
from nnlab.live.messages import protocol, wire
from nnlab.live.server import hub
from nnlab.live.server.live_run import LiveRun
from nnlab.live.server.viewer import Viewer

OWNER_COOKIE = "nnlab_owner"
AT_ONCE = 64 * 2**10  # bytes that are compressed in a millisecond or two
GOING_AWAY, TOO_BIG = 1001, 1009  # RFC 6455, section 7.4.1


async def live_socket(socket: WebSocket) -> None:
    """The endpoint of /live/ws/{token}; a wrong token or another browser's gets HTTP 403, a foreign page does in `origins`."""
    here = hub.current()
    run = here.find(socket.path_params["token"], socket.cookies.get(OWNER_COOKIE, ""))
    if run is None:
        await socket.close()  # before accept this is HTTP 403
        return
    await socket.accept()
    await Connection(here, run, socket).serve()


class Connection:
    """One open socket. Sending and reading are two tasks, so that a slow reader delays nothing but its own frames."""

    def __init__(self, here: hub.Hub, run: LiveRun, socket: WebSocket) -> None:
        self._hub, self._run, self._socket = here, run, socket
        self._loop = asyncio.get_running_loop()
        self._awake = asyncio.Event()
        self._compressed = socket.query_params.get("z") == "1"

    async def serve(self) -> None:
        """Send and read until either side closes."""
        viewer = self._hub.attach(self._run, self._wake)
        sending = asyncio.create_task(self._send(viewer))
        try:
            await self._read(viewer)
        except (WebSocketDisconnect, RuntimeError):  # starlette raises RuntimeError where the socket is closed already
            pass
        finally:
            self._hub.detach(self._run, viewer)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def _wake(self) -> None:
        """There is something to send; may be called from any thread."""
        if not self._awake.is_set():
            try:
                self._loop.call_soon_threadsafe(self._awake.set)
            except RuntimeError:  # the loop has ended: the server stops
                return

    async def _send(self, viewer: Viewer) -> None:
        while True:
            self._awake.clear()
            while (message := self._hub.take(self._run, viewer)) is not None:
                if isinstance(message, str):
                    await self._socket.send_text(message)
                else:
                    await self._socket.send_bytes(await self._packed(message))
            if viewer.closed:
                await self._socket.close(GOING_AWAY)
                return
            await self._awake.wait()

    async def _packed(self, message: bytes) -> bytes:
        """Compressed where the viewer is far away and it helps; a large one in a thread, for everybody waits for this one."""
        if not self._compressed or not wire.squeezable(message):
            return message
        return wire.squeeze(message) if len(message) <= AT_ONCE else await asyncio.to_thread(wire.squeeze, message)

    async def _read(self, viewer: Viewer) -> None:
        rate = Rate(self._loop.time())
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            said = message.get("text") or message.get("bytes") or ""
            most = protocol.MAX_BYTES if isinstance(said, bytes) else protocol.MAX_MESSAGE
            if len(said) > most:
                await self._socket.close(TOO_BIG, f"A message must be at most {most}.")
                return
            try:
                self._hub.command(self._run, viewer, said)
            except Refused as refused:
                viewer.tell(protocol.refusal(refused.problems))
            await asyncio.sleep(rate.pause(self._loop.time(), len(said)))


class Rate:
    """Commands beyond the allowed rate are read later, not lost: the browser's own buffer fills."""

    def __init__(self, now: float) -> None:
        self._left, self._at = protocol.BURST, now

    def pause(self, now: float, size: int) -> float:
        """One command of so many bytes was done: seconds until the next may be read."""
        earned = (now - self._at) * protocol.COMMANDS_A_SECOND
        self._left = min(protocol.BURST, self._left + earned) - max(1.0, size / protocol.COMMAND)
        self._at = now
        return max(0.0, -self._left / protocol.COMMANDS_A_SECOND)
