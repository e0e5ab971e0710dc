// Debian's RocksDB is not instrumented: the sanitizer does not see how its lock-free memtables hand over what a commit
// wrote, so it takes reads of those bytes for races. Silenced are RocksDB's own frames and the two places that read
// stored bytes in place.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's name

extern "C" const char* __tsan_default_suppressions() {
    return "race:librocksdb\nrace:ark::views::Unpacker\nrace:ark::views::for_each_record\n";
}
#endif
