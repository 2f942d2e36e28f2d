// A plain Stern decoder (1989) with exchanges of pivots (Canteaut and Chabaud 1998), p = 2, for the benchmark of `isd`.
//
//     g++ -O3 -march=native -o stern stern.cpp
//     stern ROUNDS WINDOW SWAPS < problem
//
// The problem: the number of rows k and of unknowns n, then for each row its n bits and its value as a string of 0 and 1.
// Prints the least cost, the seconds to it, and the seconds of a round in the mean.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

constexpr int WORDS = 4;  // up to 256 dependent rows; `words` of them are used
struct Column { uint64_t word[WORDS]; };

int main(int argc, char** argv) {
    const long rounds = atol(argv[1]);
    const int window = atoi(argv[2]), swaps = atoi(argv[3]);
    int k, n;
    if (argc != 4 || scanf("%d %d", &k, &n) != 2) return 1;
    std::vector<std::vector<char>> row(k, std::vector<char>(n + 1));
    std::vector<char> text(n + 2);
    for (auto& bits : row) {
        if (scanf("%s", text.data()) != 1) return 1;
        for (int j = 0; j <= n; j++) bits[j] = text[j] - '0';
    }
    // Column operations bring the members' rows to unit vectors; every other row is then the sum of members it names.
    std::vector<int> members, dependents;
    int rank = 0;
    for (int i = 0; i < k; i++) {
        int pivot = rank;
        while (pivot < n && !row[i][pivot]) pivot++;
        if (rank == n || pivot == n) { dependents.push_back(i); continue; }
        for (auto& bits : row) std::swap(bits[rank], bits[pivot]);
        for (int j = 0; j <= n; j++)
            if (j != rank && row[i][j]) for (auto& bits : row) bits[j] ^= bits[rank];
        members.push_back(i);
        rank++;
    }
    const int m = rank, c = dependents.size(), words = (c + 63) / 64;
    if (words > WORDS) return 1;
    std::vector<Column> columns(m + 1, Column{});
    for (int d = 0; d < c; d++)
        for (int j = 0; j <= m; j++)
            if (row[dependents[d]][j == m ? n : j]) columns[j].word[d / 64] |= uint64_t(1) << (d % 64);
    auto weigh = [&](const Column& a, const Column& b) {
        int ones = 0;
        for (int w = 0; w < words; w++) ones += __builtin_popcountll(a.word[w] ^ b.word[w]);
        return ones;
    };
    std::mt19937_64 random(0);
    const int half = m / 2;
    const uint64_t mask = (uint64_t(1) << window) - 1;
    std::vector<int> heads(mask + 1), chain;
    struct Sum { Column value; int size; };
    std::vector<Sum> left, right;
    int best = k + 1;
    const auto begin = std::chrono::steady_clock::now();
    auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    double found = 0;
    for (long done = 0; done < rounds; done++) {
        for (int s = 0; s < swaps; s++) {
            const int r = random() % c, w = r / 64;
            const uint64_t bit = uint64_t(1) << (r % 64);
            int j = random() % m, tried = 0;
            while (!(columns[j].word[w] & bit) && tried++ < m) j = j + 1 == m ? 0 : j + 1;
            if (!(columns[j].word[w] & bit)) continue;
            for (int q = 0; q <= m; q++)
                if (q != j && columns[q].word[w] & bit) {
                    for (int v = 0; v < words; v++) columns[q].word[v] ^= columns[j].word[v];
                    columns[q].word[w] |= bit;
                }
        }
        const int word = random() % words, room = std::min(64, c - 64 * word) - window;
        const int low = room > 0 ? random() % (room + 1) : 0, at = room < 0 ? 0 : word;
        auto sums = [&](int lo, int hi, Column base, std::vector<Sum>& list) {
            list.clear();
            list.push_back({base, 0});
            for (int i = lo; i < hi; i++) {
                Column one = base;
                for (int w = 0; w < words; w++) one.word[w] ^= columns[i].word[w];
                list.push_back({one, 1});
                for (int j = i + 1; j < hi; j++) {
                    Column two = one;
                    for (int w = 0; w < words; w++) two.word[w] ^= columns[j].word[w];
                    list.push_back({two, 2});
                }
            }
        };
        sums(0, half, Column{}, left);
        sums(half, m, columns[m], right);
        std::fill(heads.begin(), heads.end(), -1);
        chain.resize(left.size());
        for (int i = 0; i < int(left.size()); i++) {
            auto& head = heads[(left[i].value.word[at] >> low) & mask];
            chain[i] = head;
            head = i;
        }
        for (const Sum& sum : right)
            for (int i = heads[(sum.value.word[at] >> low) & mask]; i >= 0; i = chain[i]) {
                const int cost = left[i].size + sum.size + weigh(left[i].value, sum.value);
                if (cost < best) { best = cost; found = seconds(); }
            }
    }
    printf("%d %.6f %.3e\n", best, found, seconds() / rounds);
}
