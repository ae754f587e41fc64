namespace Ksmg.Cli;

/// <summary>What a node answered, or why it did not.</summary>
internal sealed record NodeAnswer<T>(KsmgNode Node, T? Value, Exception? Fault)
    where T : class
{
    /// <summary>Why it did not, in a sentence.</summary>
    public string? Failure => Fault is null or KsmgException ? Fault?.Message : $"{Node.Name}: {Fault.Message}";

    /// <summary>What that is in short: only a node that says nothing at all does not answer.</summary>
    public string Verdict => Fault switch
    {
        KsmgAuthenticationException { Reason: LoginRefusal.NoPassword } => Words.Get("failure.no-password"),
        KsmgAuthenticationException { Reason: LoginRefusal.SessionNotAccepted } => Words.Get("failure.session"),
        KsmgAuthenticationException => Words.Get("failure.login"),
        KsmgCertificateException => Words.Get("failure.certificate"),
        KsmgApiException { Status: not null } => Words.Get("failure.something-else"),
        _ => Words.Get("failure.no-answer"),
    };
}

internal static class NodeAnswers
{
    /// <summary>Says of each silent node why it is silent; the exit code tells scripts whether all have answered.</summary>
    public static int Complain<T>(this IReadOnlyList<NodeAnswer<T>> answers, CliHost host, Output output)
        where T : class
    {
        NodeAnswer<T>[] silent = [.. answers.Where(answer => answer.Failure is not null)];
        foreach (NodeAnswer<T> answer in silent)
        {
            output.Complain(answer.Failure!);
        }

        host.HintAtDialect(output, silent.Select(answer => answer.Fault));

        return silent.Length == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }
}
