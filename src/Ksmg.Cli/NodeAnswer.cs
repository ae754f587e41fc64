namespace Ksmg.Cli;

/// <summary>What a node answered, or why it did not.</summary>
internal sealed record NodeAnswer<T>(KsmgNode Node, T? Value, string? Failure)
    where T : class;

internal static class NodeAnswers
{
    /// <summary>Says of each silent node why it is silent; the exit code tells scripts whether all have answered.</summary>
    public static int Complain<T>(this IReadOnlyList<NodeAnswer<T>> answers, Output output)
        where T : class
    {
        NodeAnswer<T>[] silent = [.. answers.Where(answer => answer.Failure is not null)];
        foreach (NodeAnswer<T> answer in silent)
        {
            output.Complain(answer.Failure!);
        }

        return silent.Length == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }
}
