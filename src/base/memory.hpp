#pragma once

namespace ark {

/// Gives the system back what the allocator keeps for later: free pages, and this thread's small blocks. For a thread
/// that has become idle: it costs a millisecond, and what comes next has to ask the system again. Does nothing with
/// other allocators than the program's.
void release_free_memory();

}  // namespace ark
