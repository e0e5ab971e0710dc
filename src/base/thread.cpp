#include "base/thread.hpp"

#include <pthread.h>

namespace ark {

void name_this_thread(const char* name) {
    pthread_setname_np(pthread_self(), name);
}

}  // namespace ark
