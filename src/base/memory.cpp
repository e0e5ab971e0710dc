#include "base/memory.hpp"

// tcmalloc's, where the program is linked with it (tests and sanitizer builds are not).
extern "C" {
__attribute__((weak)) void MallocExtension_MarkThreadIdle(void);
__attribute__((weak)) void MallocExtension_ReleaseFreeMemory(void);
}

namespace ark {

void release_free_memory() {
    if (MallocExtension_MarkThreadIdle != nullptr) MallocExtension_MarkThreadIdle();
    if (MallocExtension_ReleaseFreeMemory != nullptr) MallocExtension_ReleaseFreeMemory();
}

}  // namespace ark
