// SPDX-License-Identifier: Apache-2.0
// Byte-pair merging over a linked list of symbols: repeatedly joins the adjacent pair of best rank, leftmost first
// among equals. Both tokenizer families are this with different ranks. O(n log n) through a queue with stale entries.
#pragma once

#include <cstddef>
#include <optional>
#include <queue>
#include <string_view>
#include <vector>

namespace handset {

/// `Rank` orders pairs, greater is merged first. `rank_of(left, right)` gives it, or nothing for pairs that never
/// merge.
template <class Rank, class RankOf>
class PairMerger {
  public:
    /// `symbols` are consecutive parts of one text.
    PairMerger(const std::vector<std::string_view>& symbols, RankOf rank_of) : rank_of_(std::move(rank_of)) {
        nodes_.reserve(symbols.size());
        for (std::size_t i = 0; i < symbols.size(); ++i) {
            nodes_.push_back({.text = symbols[i], .previous = i - 1, .next = i + 1});
        }
        for (std::size_t i = 0; i + 1 < nodes_.size(); ++i) {
            offer(i);
        }
    }

    std::vector<std::string_view> merge() {
        while (!queue_.empty()) {
            const Candidate best = queue_.top();
            queue_.pop();
            if (is_current(best)) {
                join(best.left);
            }
        }
        std::vector<std::string_view> merged;
        for (std::size_t i = 0; i < nodes_.size(); i = nodes_[i].next) {
            merged.push_back(nodes_[i].text);
        }
        return merged;
    }

  private:
    struct Node {
        std::string_view text;  // empty: joined to the one before
        std::size_t previous;   // wraps below the first
        std::size_t next;       // nodes_.size() after the last
    };
    struct Candidate {
        Rank rank;
        std::size_t left;
        std::size_t bytes;  // of both, when offered: tells stale candidates

        friend bool operator<(const Candidate& a, const Candidate& b) {
            return a.rank != b.rank ? a.rank < b.rank : a.left > b.left;
        }
    };

    void offer(std::size_t left) {
        const std::size_t right = nodes_[left].next;
        if (const std::optional<Rank> rank = rank_of_(nodes_[left].text, nodes_[right].text)) {
            queue_.push({.rank = *rank, .left = left, .bytes = nodes_[left].text.size() + nodes_[right].text.size()});
        }
    }
    [[nodiscard]] bool is_current(const Candidate& candidate) const {
        const Node& left = nodes_[candidate.left];
        return !left.text.empty() && left.next < nodes_.size() &&
               left.text.size() + nodes_[left.next].text.size() == candidate.bytes;
    }
    void join(std::size_t left) {
        Node& node = nodes_[left];
        Node& right = nodes_[node.next];
        node.text = {node.text.data(), node.text.size() + right.text.size()};
        right.text = {};
        node.next = right.next;
        if (node.next < nodes_.size()) {
            nodes_[node.next].previous = left;
            offer(left);
        }
        if (node.previous < nodes_.size()) {
            offer(node.previous);
        }
    }

    RankOf rank_of_;
    std::vector<Node> nodes_;
    std::priority_queue<Candidate> queue_;
};

}  // namespace handset
