// How one side of a stream ends what the other, or itself, may send, and what the kernel can do to
// lose as little of it as possible. Stateless; any thread.
#pragma once

namespace slotway::wire {

// True if nothing waits to be read from `fd`. A Unix peer can send nothing from then on: its writes
// fail, and what came in between is still read, the end of the stream behind it. TCP cannot refuse
// bytes: what the peer sends until it hears of the close is lost.
bool end_input(int fd);

// Has the kernel keep the last short segment of the TCP socket `fd` until more follows, for 200 ms
// at most. With a shutdown right behind the write, the peer gets the last bytes and the end of the
// stream as one: it cannot have read all of the one and not yet see the other.
void join_end_to_output(int fd);

// Tells the peer of the socket `fd` that no more comes. What it sends is still read.
void end_output(int fd);

}  // namespace slotway::wire
