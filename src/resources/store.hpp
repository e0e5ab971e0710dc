#pragma once
#include "resources/admission.hpp"
#include "resources/patch.hpp"
#include "resources/selector.hpp"
#include "resources/state.hpp"
#include "runtime/asio.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// Kubernetes-shaped resources behind one interface: the embedded store today, a real cluster later.
namespace ark::resources {

struct ObjectName {
    std::string ns;  ///< empty for kinds without namespaces
    std::string name;
};

/// Which part of a resource a write changes.
enum class Part {
    main,    ///< all but status
    status,  ///< the status subresource: nothing else
};

struct WriteOptions {
    bool dry_run = false;  ///< answers as if, changes nothing
    FieldValidation fields = FieldValidation::warn;
    std::string manager;  ///< who writes; server-side apply needs one
    bool force = false;   ///< of server-side apply
};

enum class Propagation {
    background,  ///< the object now, what it owns after it
    foreground,  ///< what it owns first
    orphan,      ///< what it owns stays, without an owner
};

struct DeleteOptions {
    bool dry_run = false;
    Propagation propagation = Propagation::background;
    std::string uid;                       ///< refused when it is another one
    std::optional<std::uint64_t> version;  ///< likewise
};

struct PatchBody {
    PatchType type = PatchType::merge;
    JsonValue body;
};

struct Written {
    ResourcePtr resource;
    std::vector<std::string> warnings;
    bool created = false;
    bool gone = false;  ///< by a delete: it does not wait for finalizers
};

struct ListOptions {
    std::string ns;  ///< empty: all
    Selection selection;
    std::size_t limit = 0;  ///< 0: all
    std::string resume;     ///< Page::resume of the page before
};

struct Page {
    std::vector<ResourcePtr> items;  ///< ordered by namespace and name
    std::uint64_t version = 0;       ///< a watch from here misses nothing that the pages lack
    std::string resume;              ///< empty: the last page
    std::size_t remaining = 0;       ///< behind this page; unknown (0) with a selection
};

struct WatchOptions {
    std::string ns;  ///< empty: all
    Selection selection;
    /// Only changes after it. Nothing: what there is now as ADDED, then the changes.
    std::optional<std::uint64_t> from;
};

struct WatchEvent {
    Change::Type type = Change::Type::added;
    ResourcePtr resource;
};

/// The changes of one kind, in order. Belongs to one executor. Slow readers cost nothing: the store's history is the
/// buffer, and whoever falls behind it is told so.
class Watch {
public:
    virtual ~Watch() = default;
    /// Waits for changes, at most so long; none when the time is up or stop() was called. Errors: expired when changes
    /// were missed: list again.
    virtual awaitable<Outcome<std::vector<WatchEvent>>> next(std::chrono::milliseconds wait) = 0;
    /// Everything up to this version was seen: for bookmarks, and to go on from.
    virtual std::uint64_t version() const = 0;
    /// Ends the wait under way and all later ones. On the watch's executor.
    virtual void stop() = 0;
    virtual bool stopped() const = 0;
};

/// Thread-safe; coroutines resume on the caller's executor. A write that succeeded is durable. Arguments are to be
/// named objects that are moved in (docs/hacking.md).
class ResourceStore {
public:
    virtual ~ResourceStore() = default;

    virtual awaitable<Outcome<ResourcePtr>> get(const Kind& kind, ObjectName name) = 0;
    virtual awaitable<Outcome<Page>> list(const Kind& kind, ListOptions options) = 0;
    /// Name from metadata.name or generateName. Errors: already_exists, invalid, …
    virtual awaitable<Outcome<Written>> create(const Kind& kind, std::string ns, JsonValue object,
                                               WriteOptions options) = 0;
    /// Replaces. The object's resourceVersion must be the current one (conflict); core kinds may leave it out.
    virtual awaitable<Outcome<Written>> update(const Kind& kind, ObjectName name, Part part, JsonValue object,
                                               WriteOptions options) = 0;
    /// Changes. A resourceVersion in the patch is a precondition. Server-side apply creates what is not there.
    virtual awaitable<Outcome<Written>> patch(const Kind& kind, ObjectName name, Part part, PatchBody patch,
                                              WriteOptions options) = 0;
    /// With finalizers it stays, marked by deletionTimestamp, until the last of them is taken away.
    virtual awaitable<Outcome<Written>> remove(const Kind& kind, ObjectName name, DeleteOptions options) = 0;
    /// All that the list would hold, in one step.
    virtual awaitable<Outcome<std::vector<ResourcePtr>>> remove_all(const Kind& kind, ListOptions which,
                                                                    DeleteOptions options) = 0;
    /// Errors: expired when `from` is older than what is kept.
    virtual Outcome<std::unique_ptr<Watch>> watch(const Kind& kind, WatchOptions options,
                                                  asio::any_io_executor executor) = 0;
    /// Namespaces that hold something, and "default".
    virtual std::vector<std::string> namespaces() const = 0;
};

}  // namespace ark::resources
