namespace Ksmg.Sdk;

/// <summary>Builds from one on to before another one.</summary>
public sealed record BuildRange
{
    /// <summary>The first build of the range; <see langword="null"/>: no lower end.</summary>
    public BuildNumber? Least { get; init; }

    /// <summary>The first build after the range; <see langword="null"/>: no upper end.</summary>
    public BuildNumber? Below { get; init; }

    /// <summary>Whether a build is in it.</summary>
    /// <param name="build">The build.</param>
    public bool Covers(BuildNumber build) => (Least is not { } least || build >= least) && (Below is not { } below || build < below);
}
