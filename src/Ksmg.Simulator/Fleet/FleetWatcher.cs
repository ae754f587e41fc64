using System.Collections.Frozen;
using System.Globalization;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>
/// Judges how many clusters were upgraded, from what changed on them and from nothing else: no plan, no journal, no counter of whoever did it.
/// </summary>
/// <remarks>
/// A cluster is worked on from an effect of a client to its next one; logins are none, since looking is not working. That is the least it can have
/// been: the work began before its first effect and ended after its last. So whatever is found was so, and what lies between the effects of two
/// clusters may be overlooked. A driver that a cluster has waited for is seen only in <see cref="WatchedCluster.WaitsFrom"/>.
/// </remarks>
public static class FleetWatcher
{
    /// <summary>Whoever looks at a cluster logs in.</summary>
    private static readonly FrozenSet<string> Looks = new[] { "session-opened", "login-refused", "account-locked" }.ToFrozenSet();

    /// <summary>With one of these a node leaves work. Snapshots and uploads disturb nobody, and may come before a window opens.</summary>
    private static readonly FrozenSet<string> Begins =
        new[] { "load-switched", "receiving-switched", "sending-switched", "install-started" }.ToFrozenSet();

    /// <summary>Judges a fleet whose work is over, or has got this far.</summary>
    /// <param name="clusters">All clusters. Their effects have to be complete: a log that has forgotten its beginning is refused.</param>
    /// <param name="limits">What they are held to. Default: the order of waves, windows, and one installation per node.</param>
    /// <exception cref="ArgumentException">Effects are missing.</exception>
    public static WatchedFleet Judge(IEnumerable<WatchedCluster> clusters, WatchedLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(clusters);
        limits ??= new WatchedLimits();
        Track[] tracks = [.. clusters.Select(cluster => new Track(cluster, limits.LongestGap))];
        List<WatchedFinding> findings = [];
        int greatest = Sweep(tracks, limits.MaxConcurrent ?? int.MaxValue, (at, names) => findings.Add(new WatchedFinding
        {
            Rule = "at-once",
            At = at,
            Clusters = names,
            Text = string.Create(CultureInfo.InvariantCulture, $"{names.Count} clusters are worked on at once; {limits.MaxConcurrent} may be."),
        }));
        foreach (string label in limits.NeverTogether)
        {
            foreach (IGrouping<string, Track> group in tracks
                .Where(track => track.Cluster.Labels.ContainsKey(label))
                .GroupBy(track => track.Cluster.Labels[label], StringComparer.Ordinal))
            {
                _ = Sweep([.. group], 1, (at, names) => findings.Add(new WatchedFinding
                {
                    Rule = "together",
                    At = at,
                    Clusters = names,
                    Text = $"Clusters with the label {label} = {group.Key} are worked on at once: {string.Join(", ", names)}.",
                }));
            }
        }

        findings.AddRange(tracks.SelectMany(track => track.Repeated));
        findings.AddRange(tracks.SelectMany(OutsideOfWindows));
        findings.AddRange(TooEarly(tracks));
        return new WatchedFleet
        {
            Findings = [.. findings.OrderBy(finding => finding.At)],
            GreatestAtOnce = greatest,
            Work = tracks.Where(track => track.Spans.Count > 0)
                .ToDictionary(track => track.Cluster.Name, IReadOnlyList<WatchedSpan> (track) => track.Spans, StringComparer.Ordinal),
            Installations = tracks.Where(track => track.Installations.Count > 0)
                .ToDictionary(track => track.Cluster.Name, IReadOnlyDictionary<string, int> (track) => track.Installations, StringComparer.Ordinal),
        };
    }

    /// <summary>
    /// Goes through all spans in the order of time and tells each time that more than <paramref name="most"/> overlap. Where one ends in the very
    /// instant in which another begins, they do not.
    /// </summary>
    private static int Sweep(IReadOnlyList<Track> tracks, int most, Action<DateTimeOffset, IReadOnlyList<string>> exceeded)
    {
        const int Ends = 0;
        const int Starts = 1;
        const int EndsAtOnce = 2;
        HashSet<string> now = new(StringComparer.Ordinal);
        int greatest = 0;
        foreach ((DateTimeOffset at, int kind, string name) in tracks
            .SelectMany(track => track.Spans.SelectMany(span => new[]
            {
                (At: span.From, Kind: Starts, track.Cluster.Name),
                (At: span.To, Kind: span.From == span.To ? EndsAtOnce : Ends, track.Cluster.Name),
            }))
            .OrderBy(change => change.At)
            .ThenBy(change => change.Kind))
        {
            if (kind != Starts)
            {
                now.Remove(name);
                continue;
            }

            now.Add(name);
            greatest = Math.Max(greatest, now.Count);
            if (now.Count > most)
            {
                exceeded(at, [.. now.Order(StringComparer.Ordinal)]);
            }
        }

        return greatest;
    }

    private static IEnumerable<WatchedFinding> OutsideOfWindows(Track track) =>
        from effect in track.Cluster.Effects
        where effect is { Cause: EffectCause.Client, Node: not null } && Begins.Contains(effect.Effect)
        group effect by effect.Node into node
        let first = node.First()
        where track.Cluster.IsOpen?.Invoke(first.At) == false
        select new WatchedFinding
        {
            Rule = "window",
            At = first.At,
            Clusters = [track.Cluster.Name],
            Text = $"{node.Key} of {track.Cluster.Name} is begun outside of its windows, with {first.Effect}.",
        };

    /// <summary>A wave is over when the last of its clusters has ended, or waits for people for the first time.</summary>
    private static IEnumerable<WatchedFinding> TooEarly(Track[] tracks)
    {
        Track? last = null;
        foreach (IGrouping<int, Track> wave in tracks
            .Where(track => track is { Cluster.Wave: not null, FirstRun: not null })
            .GroupBy(track => track.Cluster.Wave!.Value)
            .OrderBy(wave => wave.Key))
        {
            foreach (Track track in wave.Where(track => last is not null && track.FirstRun!.From < last.FirstRun!.To))
            {
                yield return new WatchedFinding
                {
                    Rule = "waves",
                    At = track.FirstRun!.From,
                    Clusters = [track.Cluster.Name, last!.Cluster.Name],
                    Text = $"{track.Cluster.Name} is begun before the wave of {last.Cluster.Name} is over.",
                };
            }

            last = wave.Append(last).OfType<Track>().MaxBy(track => track.FirstRun!.To);
        }
    }

    /// <summary>The effects of one cluster, read once.</summary>
    private sealed class Track
    {
        private readonly HashSet<string> _installing = new(StringComparer.Ordinal);

        public Track(WatchedCluster cluster, TimeSpan? longestGap)
        {
            Cluster = cluster;
            if (cluster.Effects is [{ Seq: > 1 }, ..])
            {
                throw new ArgumentException($"The log of {cluster.Name} has forgotten its beginning, and cannot be judged.", nameof(cluster));
            }

            foreach (SimulatedEffect effect in cluster.Effects)
            {
                bool wasInstalling = _installing.Count > 0;
                if (Counts(effect))
                {
                    Work(effect.At, longestGap, wasInstalling);
                }
            }
        }

        public WatchedCluster Cluster { get; }

        public List<WatchedSpan> Spans { get; } = [];

        /// <summary>From its first effect to its last before it first waited for people.</summary>
        public WatchedSpan? FirstRun { get; private set; }

        public Dictionary<string, int> Installations { get; } = new(StringComparer.Ordinal);

        public List<WatchedFinding> Repeated { get; } = [];

        /// <summary>Whether it is a sign of work. The end of an installation is one, too, although the appliance does it by itself.</summary>
        private bool Counts(SimulatedEffect effect)
        {
            string node = effect.Node ?? string.Empty;
            bool ours = effect.Cause == EffectCause.Client && !Looks.Contains(effect.Effect);
            switch (effect.Effect)
            {
                case "install-started" when ours:
                    _installing.Add(node);
                    Installations[node] = Installations.GetValueOrDefault(node) + 1;
                    if (Installations[node] > 1)
                    {
                        Repeated.Add(new WatchedFinding
                        {
                            Rule = "installations",
                            At = effect.At,
                            Clusters = [Cluster.Name],
                            Text = $"An installation begins on {node} of {Cluster.Name}, where one has begun before and did not fail.",
                        });
                    }

                    return true;
                case "install-finished" when _installing.Remove(node):
                    if (effect.Detail?.StartsWith(UpdateState.Completed.Value, StringComparison.Ordinal) != true && --Installations[node] == 0)
                    {
                        Installations.Remove(node);
                    }

                    return true;
                case "snapshot-reverted":
                    _installing.Remove(node);
                    Installations.Remove(node);
                    return ours;
                default:
                    return ours;
            }
        }

        private bool HasWaited(DateTimeOffset from, DateTimeOffset to) => Cluster.WaitsFrom.Any(wait => wait >= from && wait <= to);

        private void Work(DateTimeOffset at, TimeSpan? longestGap, bool wasInstalling)
        {
            FirstRun ??= new WatchedSpan(at, at);
            if (!HasWaited(FirstRun.From, at))
            {
                FirstRun = FirstRun with { To = at };
            }

            if (Spans is [.., var before] && (wasInstalling || longestGap is null || at - before.To <= longestGap) && !HasWaited(before.To, at))
            {
                Spans[^1] = before with { To = at };
            }
            else
            {
                Spans.Add(new WatchedSpan(at, at));
            }
        }
    }
}
