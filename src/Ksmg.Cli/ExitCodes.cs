namespace Ksmg.Cli;

/// <summary>What the process ends with; scripts rest on these numbers.</summary>
internal static class ExitCodes
{
    /// <summary>Completed, or answered.</summary>
    public const int Done = 0;

    /// <summary>Paused or waiting for an approval.</summary>
    public const int Paused = 2;

    /// <summary>The run needs a human, or completed with exceptions.</summary>
    public const int NeedsHuman = 3;

    /// <summary>Failed or aborted.</summary>
    public const int Failed = 4;

    /// <summary>Refused before anything changed.</summary>
    public const int Refused = 5;

    /// <summary>All nodes are upgraded, and at least one has a problem that it did not have at the start.</summary>
    public const int CompletedWithProblems = 6;

    /// <summary>Nodes are back at the old build, as wished.</summary>
    public const int RolledBack = 7;

    /// <summary>The command line or the configuration cannot be understood.</summary>
    public const int Usage = 64;

    /// <summary>Stopped at once by the second Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;

    /// <summary>The code of a run that stands or ended like this.</summary>
    public static int Of(UpgradeEnd end) => end switch
    {
        UpgradeEnd.Completed => Done,
        UpgradeEnd.Running or UpgradeEnd.Paused => Paused,
        UpgradeEnd.NeedsHuman or UpgradeEnd.CompletedWithExceptions => NeedsHuman,
        UpgradeEnd.CompletedWithProblems => CompletedWithProblems,
        UpgradeEnd.RolledBack => RolledBack,
        _ => Failed,
    };
}
