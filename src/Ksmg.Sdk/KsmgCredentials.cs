using System.Text;

namespace Ksmg.Sdk;

/// <summary>
/// The account of the sessions. The password is fetched at every login and stands nowhere in the configuration: in a file, in an
/// environment variable, or behind a delegate.
/// </summary>
public sealed class KsmgCredentials
{
    private const int MaxPasswordFileBytes = 4096;

    private readonly Func<CancellationToken, ValueTask<string>>? _password;

    /// <summary>For the configuration.</summary>
    public KsmgCredentials()
    {
    }

    /// <summary>An account whose password a delegate gives.</summary>
    /// <param name="userName">The account.</param>
    /// <param name="password">Called once per login; its token ends the login.</param>
    public KsmgCredentials(string userName, Func<CancellationToken, ValueTask<string>> password)
    {
        UserName = userName;
        _password = password;
    }

    /// <summary>The account's name.</summary>
    public string? UserName { get; set; }

    /// <summary>A file with nothing but the password in UTF-8; line ends at its end are ignored.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The name of an environment variable with the password. Programs that adapters start do not inherit it.</summary>
    public string? PasswordEnvironment
    {
        get;
        set
        {
            field = value;
            SecretVariables.Add(value);
        }
    }

    /// <summary>What may stand in the section; never the password itself.</summary>
    internal static SectionShape<KsmgCredentials> Shape { get; } = new SectionShape<KsmgCredentials>()
        .Text(nameof(UserName), (o, value) => o.UserName = value)
        .Text(nameof(PasswordFile), (o, value) => o.PasswordFile = value)
        .Text(nameof(PasswordEnvironment), (o, value) => o.PasswordEnvironment = value);

    /// <summary>Whether a delegate gives the password.</summary>
    internal bool HasDelegate => _password is not null;

    /// <summary>The password, freshly fetched.</summary>
    internal async ValueTask<string> GetPasswordAsync(KsmgOptions options, CancellationToken cancellationToken)
    {
        if (_password is not null)
        {
            return await _password(cancellationToken).ConfigureAwait(false);
        }

        if (PasswordEnvironment is { Length: > 0 } variable)
        {
            return Environment.GetEnvironmentVariable(variable)
                ?? throw new KsmgException($"Credentials:PasswordEnvironment: the environment variable {variable} is not set.");
        }

        string path = options.FullPath(PasswordFile!);
        try
        {
            if (new FileInfo(path).Length > MaxPasswordFileBytes)
            {
                throw new KsmgException($"Credentials:PasswordFile: {path} is larger than {MaxPasswordFileBytes} bytes; it must hold nothing but the password.");
            }

            return (await File.ReadAllTextAsync(path, Encoding.UTF8, cancellationToken).ConfigureAwait(false)).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KsmgException($"Credentials:PasswordFile: {path} cannot be read: {e.Message}", e);
        }
    }
}
