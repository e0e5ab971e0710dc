#pragma once
#include "base/cursor.hpp"
#include "base/result.hpp"
#include "items/items.hpp"
#include "model/batch.hpp"
#include "store/kv.hpp"

namespace ark::views {

/// A fold of another module that goes along with the views': it sees the same items in the same drains, and its rows
/// (Space::projected, all of it is the projection's) are committed together with the views' under the same place in
/// the journal. So it is as disposable as they are, rebuilt with them, and part of their fingerprint.
///
/// Everything but resume() is called on the thread that folds. What it writes must not depend on where drains end.
class Projection {
public:
    virtual ~Projection() = default;

    /// The store was opened and the views stand at `folded`. Says in `usable` whether the projection's rows belong to
    /// the same place; if not, the store is emptied and resume() is called again with the new one. `kv` lives until the
    /// views are closed. Called once before anything else, on the thread that opens the views.
    virtual Status resume(store::Kv& kv, Offset folded, bool& usable) = 0;
    /// Folds an item; each once, in the order of offsets. An error is kept and returned by write(). `begins_trace`: the
    /// journal has no earlier item of its trace (false may also mean that nobody knows), so no row can tell of it.
    virtual void apply(const model::BatchHeader& batch, const items::Item& item, bool begins_trace) = 0;
    /// Adds everything since the last call to the commit that takes the fold to `folded`.
    virtual Status write(store::WriteBatch& batch, Offset folded) = 0;
    /// What was written can be read now.
    virtual void committed() = 0;
};

}  // namespace ark::views
