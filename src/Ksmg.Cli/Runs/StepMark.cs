namespace Ksmg.Cli.Runs;

/// <summary>How a step stands, as the events of a run tell it.</summary>
internal enum StepMark
{
    Pending,
    Active,
    Waiting,
    Done,
    Failed,
}
