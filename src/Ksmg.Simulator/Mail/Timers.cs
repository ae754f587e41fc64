namespace Ksmg.Simulator;

/// <summary>One-shot timers that work the same in real and in virtual time.</summary>
internal static class Timers
{
    /// <summary>Runs an action once, later; a scheduled timer keeps itself alive.</summary>
    public static void After(this TimeProvider time, TimeSpan delay, Action action) =>
        time.CreateTimer(static state => ((Action)state!)(), action, delay, Timeout.InfiniteTimeSpan);
}
