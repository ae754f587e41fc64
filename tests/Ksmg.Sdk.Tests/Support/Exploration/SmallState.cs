using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

internal enum SmallPhase : byte
{
    Up,

    /// <summary>An installation runs, and the node says so.</summary>
    Installing,

    /// <summary>The node is silent.</summary>
    Restarting,
}

/// <summary>All that matters of a node.</summary>
internal readonly record struct SmallNode
{
    public bool IsNew { get; init; }

    public bool IsControl { get; init; }

    public bool Receives { get; init; }

    public bool InLoad { get; init; }

    public bool HasMail { get; init; }

    /// <summary>Settings were changed since it was synchronized.</summary>
    public bool IsStale { get; init; }

    /// <summary>The last installation ended with the old build.</summary>
    public bool HasFailed { get; init; }

    public SmallPhase Phase { get; init; }

    /// <summary>The upload of the installation that runs or failed last; 0: another's, or none.</summary>
    public byte Upload { get; init; }

    /// <summary>A bit for each upload, by its number: that of the attempt, or the node's own.</summary>
    public ushort Uploads { get; init; }

    /// <summary>The last number that the node gave an upload; 0 where it gives none.</summary>
    public byte LastUpload { get; init; }

    /// <summary>Installations that were begun, and those of them that are over and changed nothing.</summary>
    public byte Begun { get; init; }

    public byte Failed { get; init; }

    /// <summary>Nothing reaches it, and nobody looks: its page and the load balancer say what they said before, but for its health.</summary>
    public bool IsUnwatched { get; init; }

    public bool TakesMail => SeemsToTakeMail && !IsUnwatched;

    public bool SeemsToTakeMail => Receives && InLoad && Phase != SmallPhase.Restarting;

    public bool Holds(int upload) => (Uploads & (1 << upload)) != 0;
}

/// <summary>
/// A state of the exploration: three nodes, the journal as what it folds to, what the present driver has in its head and on the wire, and
/// what drivers before it still have on the wire. Everything but the nodes is a number of an <see cref="Interner{T}"/>.
/// </summary>
internal readonly record struct SmallState
{
    public SmallNode First { get; init; }

    public SmallNode Second { get; init; }

    public SmallNode Third { get; init; }

    public int Run { get; init; }

    /// <summary>The driver; 0: nobody drives the run.</summary>
    public int Driver { get; init; }

    public int Late { get; init; }

    /// <summary>What is left of the budgets.</summary>
    public byte Takeovers { get; init; }

    public byte LateRequests { get; init; }

    public byte Faults { get; init; }

    public byte Foreign { get; init; }

    /// <summary>The load balancer answers nobody.</summary>
    public bool IsBalancerSilent { get; init; }

    public SmallNode this[int node] => node switch { 0 => First, 1 => Second, _ => Third };

    public IEnumerable<SmallNode> Nodes => [First, Second, Third];

    public SmallState With(int node, SmallNode value) => node switch
    {
        0 => this with { First = value },
        1 => this with { Second = value },
        _ => this with { Third = value },
    };
}

/// <summary>A request on the wire: what the intent of an attempt says.</summary>
internal sealed record SmallRequest(PlannedStep Step, int Attempt, IReadOnlyDictionary<string, string> Values)
{
    public string Id => Step.Id.Value;

    public string? Upload => Values.GetValueOrDefault(UploadStep.UploadId);

    /// <summary>The number in the id of an upload: that of the attempt in ours, all of it in the node's own.</summary>
    public static int UploadOf(string id) => int.Parse(id[(id.LastIndexOf('-') + 1)..], CultureInfo.InvariantCulture);

    public override string ToString() => $"{Step.Key} {Attempt} {Values.GetValueOrDefault("page") ?? Upload}".TrimEnd();
}

/// <summary>Things by number, equal things once.</summary>
internal sealed class Interner<T>(Func<T, string> keyOf)
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<T> _things = [];

    public T this[int number] => _things[number];

    public int Count => _things.Count;

    public int Add(T thing)
    {
        string key = keyOf(thing);
        if (!_numbers.TryGetValue(key, out int number))
        {
            number = _things.Count;
            _things.Add(thing);
            _numbers.Add(key, number);
        }

        return number;
    }
}
