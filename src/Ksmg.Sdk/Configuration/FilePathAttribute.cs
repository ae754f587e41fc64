namespace Ksmg.Sdk;

/// <summary>The option is the path of a file or folder; a relative one counts from <see cref="KsmgOptions.BasePath"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FilePathAttribute : Attribute;
