#include "store/memtable.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

namespace rocksdb {

/// Not in the public headers, but in the library: iterators that live in an arena are told to allocate there.
class Arena {
public:
    char* AllocateAligned(std::size_t bytes, std::size_t huge_page_size, Logger* logger);
};

}  // namespace rocksdb

namespace ark::store {
namespace {

static_assert(std::endian::native == std::endian::little, "words of keys are swapped to compare them");

constexpr std::uint32_t height_max = 12;  // a level holds a quarter of the one below: good for 16 M entries
constexpr std::size_t trailer_bytes = 8;  // of an internal key: sequence number and type, the newest first

std::uint64_t word_at(const char* bytes) {
    std::uint64_t word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

/// An internal key: the user's key and the trailer.
struct Key {
    const char* data = nullptr;
    std::size_t size = 0;

    static Key of(const rocksdb::Slice& internal) { return {internal.data(), internal.size()}; }
    /// Of an entry as RocksDB writes it: varint length, internal key, and what does not concern us.
    static Key of_entry(const char* entry) {
        std::uint32_t size = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<std::uint8_t>(*entry++);
            size |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
            if (byte < 0x80) return {entry, size};
        }
    }
};

bool before(const Key& a, const Key& b) {
    const auto size_a = a.size - trailer_bytes;
    const auto size_b = b.size - trailer_bytes;
    const auto common = std::min(size_a, size_b);
    for (std::size_t i = 0; i < common; i += sizeof(std::uint64_t)) {
        auto word_a = __builtin_bswap64(word_at(a.data + i));  // may reach into the trailer, never behind it
        auto word_b = __builtin_bswap64(word_at(b.data + i));
        if (common - i < sizeof(std::uint64_t)) {
            const auto surplus = 8 * (sizeof(std::uint64_t) - (common - i));
            word_a >>= surplus;
            word_b >>= surplus;
        }
        if (word_a != word_b) return word_a < word_b;
    }
    if (size_a != size_b) return size_a < size_b;
    return word_at(a.data + size_a) > word_at(b.data + size_b);
}

/// Followed in memory by the rest of its `next` pointers and then by the entry.
struct Node {
    Key key;  // inside the entry; set before the node can be found
    std::uint32_t height = 0;
    std::atomic<Node*> next_at[1];

    static std::size_t bytes(std::uint32_t height) { return sizeof(Node) + (height - 1) * sizeof(std::atomic<Node*>); }
    char* entry() { return reinterpret_cast<char*>(this) + bytes(height); }
    Node* next(std::uint32_t level) const { return next_at[level].load(std::memory_order_acquire); }
    /// All that was written to `node` before becomes visible with it.
    void set_next(std::uint32_t level, Node* node) { next_at[level].store(node, std::memory_order_release); }
    bool is_before(const Key& other) const { return before(key, other); }
};

using Path = std::array<Node*, height_max>;  // by level: the last node before a place

class SkipList final : public rocksdb::MemTableRep {
public:
    explicit SkipList(rocksdb::Allocator* allocator) : MemTableRep(allocator) { head_ = make_node(height_max, 0); }

    rocksdb::KeyHandle Allocate(const std::size_t bytes, char** entry) override {
        auto* node = make_node(random_height(), bytes);
        *entry = node->entry();
        return node;
    }
    void Insert(rocksdb::KeyHandle handle) override;
    bool Contains(const char* entry) const override {
        const auto key = Key::of_entry(entry);
        const auto* found = not_before(key);
        return found != nullptr && !before(key, found->key);
    }
    void Get(const rocksdb::LookupKey& key, void* arguments, bool (*visit)(void*, const char*)) override;
    std::size_t ApproximateMemoryUsage() override { return 0; }  // all of it is the allocator's
    Iterator* GetIterator(rocksdb::Arena* arena) override;
    Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override;

    const Node* first() const { return head_->next(0); }
    const Node* last() const;
    /// The last node before the key and the first that is not: what was compared, since asking the first of the two for
    /// its next again may find a node that came in between meanwhile, and is before the key.
    std::pair<const Node*, const Node*> around(const Key& key) const;
    const Node* not_before(const Key& key) const { return around(key).second; }
    /// The head where there is none.
    const Node* last_before(const Key& key) const { return around(key).first; }
    const Node* head() const { return head_; }

private:
    Node* make_node(std::uint32_t height, std::size_t entry_bytes);
    std::uint32_t random_height();
    void find_path(const Key& key, std::uint32_t height, Path& path) const;
    bool is_before(const Node* node, const Key& key) const { return node == head_ || node->is_before(key); }

    Node* head_;
    std::uint64_t random_ = 0x9e3779b97f4a7c15ULL;  // writer only
    // Where the last insert with this first byte was, made when it is needed; writer only.
    std::array<std::unique_ptr<Path>, 256> paths_;
};

Node* SkipList::make_node(std::uint32_t height, std::size_t entry_bytes) {
    char* memory = nullptr;
    MemTableRep::Allocate(Node::bytes(height) + entry_bytes + alignof(Node) - 1, &memory);  // not aligned
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    memory += (alignof(Node) - address % alignof(Node)) % alignof(Node);
    auto* node = new (memory) Node();
    node->height = height;
    for (std::uint32_t level = 0; level < height; ++level)
        new (&node->next_at[level]) std::atomic<Node*>(nullptr);
    return node;
}

std::uint32_t SkipList::random_height() {
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    std::uint32_t height = 1;
    for (auto bits = random_ >> 32; height < height_max && (bits & 3) == 0; bits >>= 2)
        ++height;
    return height;
}

/// From the nodes of an earlier path to those before `key`, right for the levels below `height` and for those that were
/// passed. Up until the key lies between two neighbours, then down.
void SkipList::find_path(const Key& key, std::uint32_t height, Path& path) const {
    std::uint32_t level = 0;
    const auto holds = [&](std::uint32_t at) {
        if (!is_before(path[at], key)) return false;
        const auto* next = path[at]->next(at);
        return next == nullptr || !next->is_before(key);
    };
    while (level + 1 < height_max && !holds(level))
        ++level;
    // Above, nodes may have come in between since; and what was before an earlier key need not be before this one.
    auto top = std::max(level, height - 1);
    if (!is_before(path[top], key)) {
        top = height_max - 1;
        path[top] = head_;
    }
    for (auto at = top + 1; at-- > 0;) {
        auto* node = path[at];
        if (at < top && (at < level || !is_before(node, key))) node = path[at + 1];
        for (auto* next = node->next(at); next != nullptr && next->is_before(key); next = node->next(at))
            node = next;
        path[at] = node;
    }
}

void SkipList::Insert(rocksdb::KeyHandle handle) {
    auto* node = static_cast<Node*>(handle);
    node->key = Key::of_entry(node->entry());
    auto& path = paths_[node->key.size > trailer_bytes ? static_cast<std::uint8_t>(node->key.data[0]) : 0];
    if (path == nullptr) {
        path = std::make_unique<Path>();
        path->fill(head_);
    }
    find_path(node->key, node->height, *path);
    for (std::uint32_t level = 0; level < node->height; ++level) {
        node->next_at[level].store((*path)[level]->next(level), std::memory_order_relaxed);
        (*path)[level]->set_next(level, node);
        (*path)[level] = node;
    }
}

std::pair<const Node*, const Node*> SkipList::around(const Key& key) const {
    const Node* node = head_;
    const Node* next = nullptr;
    for (auto level = height_max; level-- > 0;) {
        for (next = node->next(level); next != nullptr && next->is_before(key); next = node->next(level))
            node = next;
    }
    return {node, next};
}

const Node* SkipList::last() const {
    const auto* node = static_cast<const Node*>(head_);
    for (auto level = height_max; level-- > 0;) {
        while (const auto* next = node->next(level))
            node = next;
    }
    return node == head_ ? nullptr : node;
}

class ListIterator : public rocksdb::MemTableRep::Iterator {
public:
    explicit ListIterator(const SkipList& list) : list_(list) {}
    bool Valid() const override { return node_ != nullptr; }
    const char* key() const override { return const_cast<Node*>(node_)->entry(); }
    void Next() override { node_ = node_->next(0); }
    void Prev() override { stand_at(list_.last_before(node_->key)); }
    void Seek(const rocksdb::Slice& key, const char*) override { node_ = list_.not_before(Key::of(key)); }
    void SeekForPrev(const rocksdb::Slice& internal, const char*) override {
        const auto key = Key::of(internal);
        const auto [last_before, not_before] = list_.around(key);
        stand_at(not_before != nullptr && !before(key, not_before->key) ? not_before : last_before);
    }
    void SeekToFirst() override { node_ = list_.first(); }
    void SeekToLast() override { node_ = list_.last(); }

private:
    void stand_at(const Node* node) { node_ = node == list_.head() ? nullptr : node; }

    const SkipList& list_;  // outlives us: RocksDB holds the memtable
    const Node* node_ = nullptr;
};

/// MemTableRep::Get() asks for an iterator of its own, which some versions of RocksDB delete and some forget. This one
/// knows whether it is still there.
class LookupIterator final : public ListIterator {
public:
    explicit LookupIterator(const SkipList& list) : ListIterator(list) { alive = this; }
    ~LookupIterator() override { alive = nullptr; }
    static thread_local LookupIterator* alive;
};

thread_local LookupIterator* LookupIterator::alive = nullptr;

void SkipList::Get(const rocksdb::LookupKey& key, void* arguments, bool (*visit)(void*, const char*)) {
    MemTableRep::Get(key, arguments, visit);
    delete LookupIterator::alive;
}

rocksdb::MemTableRep::Iterator* SkipList::GetIterator(rocksdb::Arena* arena) {
    if (arena == nullptr) return new ListIterator(*this);
    return new (arena->AllocateAligned(sizeof(ListIterator), 0, nullptr)) ListIterator(*this);
}

rocksdb::MemTableRep::Iterator* SkipList::GetDynamicPrefixIterator(rocksdb::Arena* arena) {
    return arena != nullptr ? GetIterator(arena) : new LookupIterator(*this);
}

class SkipListFactory final : public rocksdb::MemTableRepFactory {
public:
    const char* Name() const override { return "ark.SkipList"; }
    using MemTableRepFactory::CreateMemTableRep;
    rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator&, rocksdb::Allocator* allocator,
                                            const rocksdb::SliceTransform*, rocksdb::Logger*) override {
        return new SkipList(allocator);
    }
};

}  // namespace

std::shared_ptr<rocksdb::MemTableRepFactory> memtable_factory() {
    return std::make_shared<SkipListFactory>();
}

}  // namespace ark::store
