// RocksDB's memtables are lock-free and not instrumented in Debian's build: what it calls cannot be judged from here.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's name

extern "C" const char* __tsan_default_suppressions() {
    return "race:librocksdb\n";
}
#endif
