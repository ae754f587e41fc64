namespace Ksmg.Simulator;

/// <summary>
/// A fault as data. With an <see cref="Operation"/> it waits for requests; without one it takes effect at once, or, if it concerns the
/// next installation, snapshot or test message, with that. docs/simulator.md lists all names.
/// </summary>
public sealed record SimulatedFault
{
    /// <summary>The name, such as <c>drop-response</c>.</summary>
    public required string Fault { get; init; }

    /// <summary>The node it happens to; <see langword="null"/>: whichever comes.</summary>
    public string? Node { get; init; }

    /// <summary>The operation of docs/wire.md it waits for.</summary>
    public string? Operation { get; init; }

    /// <summary>Which matching request or event it hits, from 1. Default: the first.</summary>
    public int Nth { get; init; } = 1;

    /// <summary>How many in a row it hits; 0: all from then on. Default: 1.</summary>
    public int Times { get; init; } = 1;

    /// <summary><c>request</c> (default): before the node acts; <c>apply</c>: after it has acted.</summary>
    public string After { get; init; } = "request";

    /// <summary>How long it lasts, or the length of a delay.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>Instead of counting: the chance, from 0 to 1, that a matching request or event is hit.</summary>
    public double? Probability { get; init; }

    /// <summary>The seed of that chance. Default: the cluster's.</summary>
    public int? Seed { get; init; }

    /// <summary>The part of an upload after which it is cut, from 0 to 1.</summary>
    public double? Fraction { get; init; }

    /// <summary>The queue concerned: <c>mta</c>, <c>kata</c> or <c>antispam</c>.</summary>
    public string? Queue { get; init; }

    /// <summary>The configuration file concerned.</summary>
    public string? Path { get; init; }

    /// <summary>What a human does (<c>human-act</c>), a status, a count or another detail of this fault.</summary>
    public string? Value { get; init; }
}
