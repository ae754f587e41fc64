using Ksmg.Sdk.Http;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Where a secret comes from, as configured: a file, or an environment variable. It is read each time it is used.</summary>
/// <param name="Section">The section, for messages of a run.</param>
/// <param name="Option">The setting without <c>File</c> or <c>Environment</c>.</param>
/// <param name="File">A file with nothing but the secret in UTF-8; line ends at its end are ignored.</param>
/// <param name="Environment">The name of an environment variable with the secret.</param>
internal readonly record struct SecretSource(string Section, string Option, string? File, string? Environment)
{
    /// <summary>What is wrong with it, or <see langword="null"/>.</summary>
    public string? Mistake =>
        (File is { Length: > 0 }) == (Environment is { Length: > 0 }) ? Words.Get("secret.needed", Option)
        : File is { Length: > 0 } && !System.IO.File.Exists(File) ? Words.Get("secret.no-file", Option, File)
        : Environment is { Length: > 0 } variable
            && string.IsNullOrEmpty(
                System.Environment.GetEnvironmentVariable(variable)) ? Words.Get("secret.no-variable", Option, variable)
        : null;

    /// <summary>The secret.</summary>
    /// <exception cref="KsmgException">It cannot be read.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        if (Mistake is { } mistake)
        {
            throw new KsmgException($"{Section}: {mistake}");
        }

        return Environment is { Length: > 0 } variable
            ? PasswordText.FromEnvironment($"{Section}: {Option}Environment", variable)
            : await PasswordText.FromFileAsync($"{Section}: {Option}File", File!, cancellationToken).ConfigureAwait(false);
    }
}
