namespace Ksmg.Simulator;

/// <summary>What becomes of the first run on a simulated cluster that nobody disturbs and nobody helps.</summary>
public enum SimulatedOutcome
{
    /// <summary>It completes: every node is at the target build.</summary>
    Completes,

    /// <summary>There is nothing to do: every node was at the target build before.</summary>
    NothingToDo,

    /// <summary>It stops before its end, and a human has to decide.</summary>
    NeedsHuman,

    /// <summary>Its plan is refused, and nothing is changed.</summary>
    Refused,
}
