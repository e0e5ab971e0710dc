#pragma once
#include <memory>

#include <rocksdb/memtablerep.h>

namespace ark::store {

/// What RocksDB keeps unflushed writes in, made for how we write: one thread, commits that are runs of ascending keys.
///
/// A skip list like RocksDB's own, without what costs there: a comparison is a few instructions on the key in the node
/// instead of virtual calls and counters (and assertions, which Debian's build has in), and an insert starts from where
/// the last one with the same first byte ended. Keys are in bytewise order: for column families with the default
/// comparator only, and not for concurrent memtable writes. Readers need no lock.
std::shared_ptr<rocksdb::MemTableRepFactory> memtable_factory();

}  // namespace ark::store
