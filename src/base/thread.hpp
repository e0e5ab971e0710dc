#pragma once

namespace ark {

/// Names the calling thread for debuggers and profilers; the kernel keeps 15 characters. Best effort.
void name_this_thread(const char* name);

}  // namespace ark
